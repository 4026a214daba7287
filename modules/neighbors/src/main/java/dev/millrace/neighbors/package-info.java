/// The neighbours of a stack's Ethernet NICs, as programs see and change them: [Neighbors].
package dev.millrace.neighbors;
