/// What programs wait for besides sockets, in simulated time: queues, latches, locks, futures, executors.
package dev.millrace.internet.waiting;
