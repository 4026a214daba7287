package dev.millrace.cli.explore;

/// How a search goes.
///
/// @param jobs how many JVMs run tests; with 0 this one does
/// @param check whether each seed runs twice, to be compared
/// @param goOn whether to go on after the first failure
/// @param limitSeconds how long one seed may take
record Settings(SeedRange seeds, int jobs, boolean check, boolean goOn, int shrinkingRuns, long limitSeconds) {
}
