package dev.millrace.stack;

import dev.millrace.spi.Link;

/// What a capture says of a NIC.
///
/// @param id a small number, 0 or more, unique among the NICs of the stack
/// @param name the NIC's name
/// @param description its link in words, such as the link's URI
/// @param medium what its packets start with
/// @param mtu its MTU in bytes
record TappedNic(int id, String name, String description, Link.Medium medium, int mtu) {
}
