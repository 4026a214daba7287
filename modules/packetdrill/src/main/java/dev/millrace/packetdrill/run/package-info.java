/// Runs a script: a stack on a link of its own, steps of virtual time, packets expected and sent.
package dev.millrace.packetdrill.run;
