package dev.millrace.cli.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.Cidr;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

class SetupProperties {
    private static final List<String> NAMES = List.of("tun0", "tun1", "mine");

    /// How the world is before anything is done.
    record World(boolean forwarding, boolean forwardingV6, boolean redirects, boolean oneForwards, String acceptRa, boolean drop,
            boolean noV6, boolean mineIsUp) {
        FakeMachine make() {
            var machine = new FakeMachine();
            var mine = new FakeMachine.Net();
            mine.up = mineIsUp;
            mine.addresses.add("10.0.0.1/24");
            machine.devices.put("mine", mine);
            for (String v : List.of("ipv4", "ipv6")) {
                String on = v.equals("ipv4") && forwarding || v.equals("ipv6") && forwardingV6 ? "1" : "0";
                machine.sysctls.put(v.equals("ipv4") ? "net/ipv4/ip_forward" : "net/ipv6/conf/all/forwarding", on);
                machine.sysctls.put("net/" + v + "/conf/default/forwarding", on);
                machine.sysctls.put("net/" + v + "/conf/mine/forwarding", on);
                machine.sysctls.put("net/" + v + "/conf/eth0/forwarding", oneForwards ? "1" : on);
            }
            machine.sysctls.put("net/ipv4/conf/all/accept_redirects", redirects ? "1" : "0");
            machine.sysctls.put("net/ipv6/conf/eth0/accept_ra", acceptRa);
            machine.sysctls.put("net/ipv6/conf/default/disable_ipv6", noV6 ? "1" : "0");
            machine.sysctls.put("net/ipv6/conf/mine/disable_ipv6", noV6 ? "1" : "0");
            if (drop) {
                machine.policies.put("iptables", "DROP");
                machine.policies.put("ip6tables", "DROP");
            }
            return machine;
        }
    }

    /// One thing that somebody does.
    ///
    /// @param up whether it is `up`
    /// @param device which of the names
    /// @param variant which settings
    /// @param fail after how many changes one is refused, or negative
    /// @param kill after how many changes the process is killed, or negative
    /// @param before whether it is killed before the change takes effect
    record Action(boolean up, int device, int variant, int fail, int kill, boolean before) {
    }

    @Provide
    Arbitrary<World> worlds() {
        Arbitrary<Boolean> any = Arbitraries.of(true, false);
        return Combinators.combine(any, any, any, any, Arbitraries.of("0", "1", "2"), any, any, any).as(World::new);
    }

    @Provide
    Arbitrary<List<Action>> actions() {
        Arbitrary<Integer> after = Arbitraries.frequencyOf(Tuple.of(2, Arbitraries.just(-1)),
                Tuple.of(1, Arbitraries.integers().between(0, 15)));
        return Combinators.combine(Arbitraries.of(true, true, false), Arbitraries.integers().between(0, 2),
                Arbitraries.integers().between(0, 3), after, after, Arbitraries.of(true, false)).as(Action::new).list().ofMaxSize(8);
    }

    private static Settings settings(String name, int variant) {
        List<Cidr> addresses = Stream.of(variant % 2 == 0 ? "10.0.0.1/24" : "10.0.0.1/24,fd00::1/64").flatMap(a -> Stream.of(
                a.split(","))).map(Cidr::parse).toList();
        return new Settings(name, addresses, "", "", variant == 0 ? "" : "eth0", variant > 1 ? 1400 : 0, false,
                variant > 2 ? "reno" : "");
    }

    @Property(tries = 1000)
    void whateverHappensDownLeavesTheWorldAsItWas(@ForAll("worlds") World world, @ForAll("actions") List<Action> actions)
            throws IOException {
        Path folder = Files.createTempDirectory("millrace-setup");
        try {
            FakeMachine machine = world.make();
            var states = new States(folder, machine);
            var setup = new Setup(machine, states, false, _ -> {
            });
            String before = machine.world();
            for (Action a : actions) {
                perform(a, machine, setup);
            }
            machine.failAfter = -1;
            machine.killAfter = -1;
            for (String name : NAMES) {
                setup.down(name);
            }
            assertEquals(before, machine.world());
            assertEquals(List.of(), states.entries());
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path f : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(f);
                }
            }
        }
    }

    private static void perform(Action a, FakeMachine machine, Setup setup) {
        machine.failAfter = a.fail;
        machine.killAfter = a.kill;
        machine.killBeforeEffect = a.before;
        try {
            if (a.up) {
                setup.up(settings(NAMES.get(a.device), a.variant));
            } else {
                setup.down(NAMES.get(a.device));
            }
        } catch (IOException | FakeMachine.Killed e) {
            // Refused, or the process is gone; the next action is of another one.
        }
    }
}
