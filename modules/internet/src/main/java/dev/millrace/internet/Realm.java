package dev.millrace.internet;

/// Addresses that mean something to one another: those of the Internet, or those behind a translator of addresses, which are
/// unknown outside.
///
/// @param routes who has which address
/// @param gateway the translator that leads out of it, or `null` if it is the Internet's
record Realm(Routes routes, Node gateway) {
}
