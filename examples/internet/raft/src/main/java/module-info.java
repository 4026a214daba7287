/// Raft on hosts of a simulated Internet.
module example.raft {
    requires transitive dev.millrace.internet;

    exports example.raft;
}
