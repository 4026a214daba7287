/// What plug-ins implement: link drivers, network and transport protocols, congestion control; and what the stack gives
/// them: clock, timers, chance, counters.
package dev.millrace.spi;
