/// How time passes in a simulated Internet: by the wall clock, or from event to event.
package dev.millrace.internet.time;
