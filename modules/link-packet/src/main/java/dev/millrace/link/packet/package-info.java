/// Ethernet interfaces of Linux, through packet sockets.
package dev.millrace.link.packet;
