/// Native buffers and the packets made of them.
///
/// A [dev.millrace.wire.buffer.Buffer] is a slot of a pre-touched native slab with a reference count. A
/// [dev.millrace.wire.buffer.Packet] is one buffer with headroom, into which layers push their headers, and optionally
/// a payload that lies in slices of other buffers. Who holds a packet releases it, exactly once; handing it over is a
/// move. Nothing here is seen by programs that only use sockets.
package dev.millrace.wire.buffer;
