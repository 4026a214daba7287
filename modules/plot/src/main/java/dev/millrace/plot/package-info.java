/// What TCP connections did, drawn from captures: time-sequence graphs and what belongs to them.
package dev.millrace.plot;
