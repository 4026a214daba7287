/// Scripts as tests of JUnit: [PacketdrillTest][dev.millrace.packetdrill.junit.PacketdrillTest].
package dev.millrace.packetdrill.junit;
