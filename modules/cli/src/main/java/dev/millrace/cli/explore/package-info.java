/// `millrace explore`: searches over seeds, in JVMs of their own.
///
/// ```
/// ExploreCommand -> Exploration -> TestSearch -> WorkerProcess ==> Worker -> SeedRuns   (a JVM for each job)
///                        |             |     \-> LocalWorker              -> SeedRuns   (--jobs 0: in this one)
///                  StateFile      SeedQueue, Findings
/// ```
package dev.millrace.cli.explore;
