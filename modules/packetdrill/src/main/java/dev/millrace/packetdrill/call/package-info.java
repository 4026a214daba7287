/// System calls of scripts, made of the stack's sockets. What a kernel's calls have and the sockets have not, such as errors that are
/// told once, is done here; what the stack lacks is a reason to skip the script.
package dev.millrace.packetdrill.call;
