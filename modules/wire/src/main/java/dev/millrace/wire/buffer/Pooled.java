package dev.millrace.wire.buffer;

/// What a [Pool] keeps: an object with a link to the next free one, so that a free list needs no nodes.
abstract class Pooled {
    Pooled nextFree;
    /// Where this object was last taken from its pool; kept only in the debug mode of [Pool].
    Throwable taken;
}
