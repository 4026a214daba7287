/// What the tests of the other modules share: time that the test sets ([dev.millrace.testkit.VirtualTime]), a wire that
/// drops, doubles, delays and damages ([dev.millrace.testkit.HostileLink]), packets as bytes
/// ([dev.millrace.testkit.PacketBuilder]), a stack's surroundings that only record ([dev.millrace.testkit.FakeNetwork],
/// [dev.millrace.testkit.FakeNic]), and the rule that a test gives back what it took ([dev.millrace.testkit.LeakCheck]).
package dev.millrace.testkit;
