/// Runs scripts in the packetdrill language against a stack; begin at [Packetdrill][dev.millrace.packetdrill.Packetdrill].
package dev.millrace.packetdrill;
