package dev.millrace.cli.services;

import java.util.concurrent.atomic.LongAdder;

/// What one service did. Any thread may add.
final class Figures {
    final LongAdder connections = new LongAdder();
    final LongAdder received = new LongAdder();
    final LongAdder sent = new LongAdder();
    final LongAdder failed = new LongAdder();
}
