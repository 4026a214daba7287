package dev.millrace.packetdrill.script;

/// Where something stands in a script.
///
/// @param line from 1 on
/// @param column from 1 on, in characters
public record Position(int line, int column) {
    @Override
    public String toString() {
        return line + ":" + column;
    }
}
