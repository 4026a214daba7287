/// Controlled concurrency testing of the shell: the classes of the stack are woven so that every place where threads can
/// get in each other's way is a point at which a schedule, drawn from a seed, decides who goes on. See
/// [dev.millrace.it.schedule.Schedule].
package dev.millrace.it.schedule;
