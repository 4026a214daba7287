package dev.millrace.dhcp;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.spi.AddressSource;
import dev.millrace.spi.AddressSourceContext;
import dev.millrace.spi.AddressSourceFactory;
import java.util.List;

/// Makes the DHCP client of a stack.
public final class DhcpFactory implements AddressSourceFactory {
    /// Called by [java.util.ServiceLoader].
    public DhcpFactory() {
    }

    @Override
    public String name() {
        return "dhcp";
    }

    @Override
    public int version() {
        return 4;
    }

    @Override
    public String description() {
        return "IPv4 addresses from DHCP servers (RFC 2131)";
    }

    @Override
    public List<OptionSpec> options() {
        return DhcpSettings.SPECS;
    }

    @Override
    public List<OptionSpec> nicOptions() {
        return NicSettings.SPECS;
    }

    @Override
    public AddressSource create(AddressSourceContext context, OptionValues options) {
        return new DhcpSource(context, DhcpSettings.of(options));
    }
}
