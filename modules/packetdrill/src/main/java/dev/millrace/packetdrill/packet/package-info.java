/// Packets of scripts and packets of the wire: one becomes the other, both are compared, and shown in the script's own syntax.
package dev.millrace.packetdrill.packet;
