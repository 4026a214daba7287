/// What tests of networked code need: a wire that harms packets in virtual time ([dev.millrace.testkit.HostileWire]), a
/// check that nothing leaks, packets as bytes ([dev.millrace.testkit.PacketBuilder]), and for tests of a network protocol
/// alone a stack's surroundings that only record ([dev.millrace.testkit.FakeNetwork], [dev.millrace.testkit.FakeNic]).
package dev.millrace.testkit;
