package dev.millrace.tcp.engine;

/// What a program may change of one connection while it runs. Those that many begin with are one object, which nobody changes;
/// who does has a copy ([TcpConnection#ownOptions]). A connection's own is guarded by the endpoint's lock, like the connection; after
/// a change call [TcpConnection#optionsChanged].
public final class ConnectionOptions {
    /// Nagle's algorithm is off.
    public boolean noDelay;
    /// Partial segments wait to become full, at most 200 ms.
    public boolean cork;
    /// Every segment is acknowledged at once.
    public boolean quickAck;
    public boolean keepAlive;
    /// Urgent data stays in the stream (RFC 6093 §6).
    public boolean urgentInline = true;
    // A short, or each connection would take eight bytes more.
    public short keepAliveCount;
    /// The largest payload to send and to announce, in bytes; 0 leaves it to the path. Read when the connection opens.
    public int maxSegment;
    public long keepAliveIdleNs;
    public long keepAliveIntervalNs;
    /// How long a closed connection is in FIN-WAIT-2; 0 is for ever.
    public long finWait2Ns;
    /// 0 leaves it to the number of retransmissions.
    public long userTimeoutNs;
    /// Bytes. The connection makes it larger by itself, up to `receiveBufferMax`, for which the window scale is chosen when it
    /// opens: a later change takes effect, but the scale stays.
    public int receiveBuffer;
    public int receiveBufferMax;
    /// Bytes. The connection makes it larger by itself, up to `sendBufferMax`.
    public int sendBuffer;
    public int sendBufferMax;
    /// From how many unsent bytes on nothing more is taken; 0 leaves it to the buffer.
    public int notSentLowat;
    /// The user timeout to tell the peer (ADV_UTO of RFC 5482) in seconds; 0 if the option is not used.
    public int advertisedUserTimeoutS;

    /// These with other sizes of the receive buffer.
    public ConnectionOptions withReceiveBuffer(int size, int max) {
        if (size == receiveBuffer && max == receiveBufferMax) {
            return this;
        }
        var other = new ConnectionOptions(this);
        other.receiveBuffer = size;
        other.receiveBufferMax = max;
        return other;
    }

    /// The values that the stack's settings give.
    public ConnectionOptions(TcpSettings settings) {
        noDelay = settings.noDelay;
        keepAlive = settings.keepAlive;
        keepAliveCount = (short) settings.keepAliveCount;
        keepAliveIdleNs = settings.keepAliveIdleNs;
        keepAliveIntervalNs = settings.keepAliveIntervalNs;
        userTimeoutNs = settings.userTimeoutNs;
        finWait2Ns = settings.finWait2Ns;
        receiveBuffer = settings.receiveBuffer;
        receiveBufferMax = settings.receiveBufferMax;
        sendBuffer = settings.sendBuffer;
        sendBufferMax = settings.sendBufferMax;
    }

    /// A copy, to be changed.
    public ConnectionOptions(ConnectionOptions other) {
        noDelay = other.noDelay;
        cork = other.cork;
        quickAck = other.quickAck;
        keepAlive = other.keepAlive;
        urgentInline = other.urgentInline;
        keepAliveCount = other.keepAliveCount;
        maxSegment = other.maxSegment;
        keepAliveIdleNs = other.keepAliveIdleNs;
        keepAliveIntervalNs = other.keepAliveIntervalNs;
        userTimeoutNs = other.userTimeoutNs;
        finWait2Ns = other.finWait2Ns;
        receiveBuffer = other.receiveBuffer;
        receiveBufferMax = other.receiveBufferMax;
        sendBuffer = other.sendBuffer;
        sendBufferMax = other.sendBufferMax;
        notSentLowat = other.notSentLowat;
        advertisedUserTimeoutS = other.advertisedUserTimeoutS;
    }
}
