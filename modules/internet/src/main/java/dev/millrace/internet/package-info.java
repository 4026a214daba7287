/// A simulated Internet: hosts, packets in flight, routes, traces.
package dev.millrace.internet;
