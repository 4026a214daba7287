package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.NdpMessage;
import dev.millrace.wire.NdpOptionWriter;

/// Router advertisements of a gateway (RFC 4861 §6.2). The thread that has the turn uses it.
final class RouterAdvertising {
    /// RFC 4861 §6.2.1: MaxRtrAdvInterval's default is longer, but a third of the lifetime is what its default relation says.
    private static final long MAX_INTERVAL_NS = 200_000_000_000L;
    /// MIN_DELAY_BETWEEN_RAS (§10): so seldom all stations are told because one has asked. Differs: §6.2.6 has each answer wait up to half
    /// a second by chance as well, against many routers that answer together; here each answers as soon as it may.
    private static final long MIN_DELAY_NS = 3_000_000_000L;
    private static final int SLAAC_BITS = 64;
    private static final IpAddress ALL_NODES = IpAddress.parse("ff02::1");

    private final Fabric fabric;
    private final EthernetGateway gateway;
    private int lifetimeSeconds;
    /// Of the series of advertisements; those of older ones end.
    private int series;
    /// When all were last told.
    private long sentNs;
    /// An answer comes as soon as it may.
    private boolean answerWaits;

    RouterAdvertising(Fabric fabric, EthernetGateway gateway) {
        this.fabric = fabric;
        this.gateway = gateway;
    }

    void begin(int lifetime) {
        lifetimeSeconds = lifetime;
        int mine = ++series;
        repeat(mine);
    }

    private void repeat(int mine) {
        if (mine == series) {
            send(lifetimeSeconds);
            fabric.post(fabric.nowNs() + Math.min(MAX_INTERVAL_NS, lifetimeSeconds * 1_000_000_000L / 3), () -> repeat(mine));
        }
    }

    void end() {
        if (lifetimeSeconds != 0) {
            series++;
            lifetimeSeconds = 0;
            send(0);
        }
    }

    /// A host has asked for routers: one answer is for all that ask meanwhile, however many (§6.2.6).
    void solicited() {
        if (lifetimeSeconds == 0 || answerWaits) {
            return;
        }
        if (mayAnswer()) {
            send(lifetimeSeconds);
            return;
        }
        answerWaits = true;
        fabric.post(sentNs + MIN_DELAY_NS, () -> {
            answerWaits = false;
            // Else all were told since.
            if (lifetimeSeconds != 0 && mayAnswer()) {
                send(lifetimeSeconds);
            }
        });
    }

    private boolean mayAnswer() {
        return fabric.nowNs() - sentNs >= MIN_DELAY_NS;
    }

    private void send(int lifetime) {
        sentNs = fabric.nowNs();
        gateway.transmit(EthernetFrames.ndp(gateway.linkLocal(), ALL_NODES, (m, at) -> {
            long end = NdpMessage.writeRouterAdvertisement(m, at, 64, 0, NdpMessage.PREFERENCE_MEDIUM, lifetime, 0, 0);
            end = NdpOptionWriter.sourceLinkLayerAddress(m, end, gateway.station());
            end = NdpOptionWriter.mtu(m, end, gateway.mtu());
            for (Cidr c : gateway.cidrs()) {
                if (!c.address().isV4() && c.prefixLength() == SLAAC_BITS && lifetime > 0) {
                    end = NdpOptionWriter.prefix(m, end, c.address().hi(), 0, SLAAC_BITS, true, true, 2L * lifetime, lifetime);
                }
            }
            return end;
        }), EtherType.IPV6, MacAddress.ofGroup(ALL_NODES.hi(), ALL_NODES.lo()));
    }
}
