package dev.millrace.cli.tun;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Brings a device and what belongs to it about, and takes it back. Every step is written down before it is made, with what
/// was there before, so that whatever interrupts this, [#down] finds what to undo.
final class Setup {
    private final Machine machine;
    private final States states;
    private final boolean dry;
    private final Consumer<List<String>> ran;

    /// @param dry whether commands are only shown
    /// @param ran told of every command before it is run, or instead of it
    Setup(Machine machine, States states, boolean dry, Consumer<List<String>> ran) {
        this.machine = machine;
        this.states = states;
        this.dry = dry;
        this.ran = ran;
    }

    /// What came of it.
    ///
    /// @param commands those that were run, or would be
    /// @param remarks what the user has to know beside
    /// @param wasRecorded whether `tun up` had been there before
    record Outcome(List<List<String>> commands, List<String> remarks, boolean wasRecorded) {
    }

    /// Makes what is not there yet.
    ///
    /// @throws IOException if a step fails; those before it are undone. Or if what is there differs from what was asked for;
    ///     nothing is changed then
    Outcome up(Settings asked) throws IOException {
        mayChange("up");
        if (dry) {
            return up(asked, new ArrayList<>());
        }
        try (var _ = states.lock()) {
            return up(asked, new ArrayList<>());
        }
    }

    private Outcome up(Settings asked, List<List<String>> commands) throws IOException {
        Optional<State> old = states.find(asked.name());
        if (old.isPresent()) {
            List<String> differences = old.get().settings().differencesTo(asked);
            if (!differences.isEmpty()) {
                throw new IOException(asked.name() + " was set up otherwise: " + String.join("; ", differences)
                        + ". Run millrace tun down " + asked.name() + " first");
            }
        }
        checkDevice(asked, old.isPresent() && old.get().madeDevice());
        Plan plan = Plan.of(asked, machine);
        State state = old.orElseGet(() -> new State(asked, machine.namespace(), states.boot(), List.of()));
        var begun = new ArrayList<Step>();
        for (Step planned : plan.steps()) {
            Optional<Step> recorded = state.find(planned.what());
            Step step = recorded.orElseGet(() -> withFirstValue(planned));
            boolean missing = !step.isInEffect(machine);
            if (recorded.isEmpty() && (missing || !step.equals(planned))) {
                state = state.plus(step);
                begun.add(step);
                if (!dry) {
                    states.save(state);
                }
            }
            if (missing) {
                if (!begun.contains(step)) {
                    begun.add(step);
                }
                make(step, begun, state, commands);
            }
        }
        return new Outcome(commands, plan.remarks(), old.isPresent());
    }

    /// Makes one step; if it fails, undoes all of this run.
    private void make(Step step, List<Step> begun, State state, List<List<String>> commands) throws IOException {
        try {
            run(step.apply(machine), commands);
        } catch (IOException e) {
            try {
                // What an earlier run made stays recorded.
                forgetOrSave(undo(state, begun, commands));
            } catch (IOException again) {
                again.addSuppressed(e);
                throw new IOException(e.getMessage() + "; and undoing the steps before failed: " + again.getMessage()
                        + ". Try millrace tun down " + state.settings().name(), e);
            }
            throw new IOException(e.getMessage() + "; the steps before it were undone", e);
        }
    }

    /// If another device's set-up changed this key before, what was there before that is what has to come back in the end.
    private Step withFirstValue(Step planned) {
        if (planned instanceof Step.SetSysctl s) {
            try {
                for (State other : states.alive()) {
                    if (other.find(s.what()).orElse(null) instanceof Step.SetSysctl first) {
                        return new Step.SetSysctl(s.key(), s.value(), first.before(), first.also());
                    }
                }
            } catch (IOException e) {
                return planned; // find() said so already
            }
        }
        return planned;
    }

    private void checkDevice(Settings asked, boolean ours) throws IOException {
        String name = asked.name();
        if (Device.sysIsOfAnotherNamespace(machine)) {
            throw new IOException("/sys/class/net shows another network namespace than this one; enter it with "
                    + "ip netns exec, or nsenter with --mount too, or mount sysfs anew");
        }
        Optional<Device> device = Device.read(machine, name);
        if (device.isEmpty()) {
            checkOwner("user", asked.user(), -1, new ArrayList<>(), "id", "-u", asked.user());
            checkOwner("group", asked.group(), -1, new ArrayList<>(), "getent", "group", asked.group());
            return;
        }
        if (!device.get().isTun()) {
            throw new IOException(name + " is there already and is no TUN device; choose another name");
        }
        if (ours) {
            return;
        }
        var differences = new ArrayList<String>();
        checkOwner("user", asked.user(), device.get().owner(), differences, "id", "-u", asked.user());
        checkOwner("group", asked.group(), device.get().group(), differences, "getent", "group", asked.group());
        if (asked.queues() && !device.get().hasQueues()) {
            differences.add("it has one queue, asked for several");
        }
        if (!differences.isEmpty()) {
            throw new IOException(name + " is there already, not made by millrace, and is otherwise: "
                    + String.join("; ", differences) + ". Choose another name, or delete it: ip link del dev " + name);
        }
    }

    /// Compares a user or group by number.
    private void checkOwner(String what, String asked, long is, List<String> differences, String... lookUp) throws IOException {
        if (asked.isEmpty()) {
            return;
        }
        String id = asked;
        if (!asked.matches("[0-9]+")) {
            Machine.Result found = machine.run(List.of(lookUp));
            if (!found.ok()) {
                throw new IOException("--" + what + " " + asked + ": there is no such " + what);
            }
            String[] fields = found.out().strip().split(":");
            id = fields.length > 2 ? fields[2] : fields[0];
        }
        Settings.difference(differences, what, is < 0 ? "" : "" + is, id);
    }

    /// Takes back what [#up] made of this device and what is still in effect.
    ///
    /// @return nothing if there is nothing recorded
    /// @throws IOException if a command fails; what is left to do stays recorded
    Optional<Outcome> down(String name) throws IOException {
        mayChange("down");
        Names.device(name);
        if (dry) {
            return down(name, new ArrayList<>());
        }
        try (var _ = states.lock()) {
            return down(name, new ArrayList<>());
        }
    }

    private Optional<Outcome> down(String name, List<List<String>> commands) throws IOException {
        Optional<State> state = states.find(name);
        if (state.isEmpty()) {
            if (!dry) {
                states.delete(name); // of an earlier start of the machine
            }
            return Optional.empty();
        }
        var remarks = new ArrayList<String>();
        for (Step step : state.get().steps()) {
            holder(step, name).ifPresent(other -> remarks.add(step.what() + " stays: " + other + " needs it"));
        }
        forgetOrSave(undo(state.get(), state.get().steps(), commands));
        return Optional.of(new Outcome(commands, remarks, true));
    }

    /// Undoes these steps of a state, the last first, and returns the state without them.
    private State undo(State state, List<Step> steps, List<List<String>> commands) throws IOException {
        State left = state;
        boolean deviceGoes = steps.stream().anyMatch(Step.MakeDevice.class::isInstance);
        try {
            for (Step step : steps.reversed()) {
                boolean needed = !(deviceGoes && step.goesWithDevice()) && step.isToUndo(machine)
                        && holder(step, state.settings().name()).isEmpty();
                if (needed) {
                    for (List<String> command : step.undo(machine)) {
                        run(command, commands);
                    }
                }
                left = left.minus(step);
            }
        } catch (IOException e) {
            if (!dry) {
                states.save(left);
            }
            throw e;
        }
        return left;
    }

    private void forgetOrSave(State left) throws IOException {
        if (dry) {
            return;
        }
        if (left.steps().isEmpty()) {
            states.delete(left.settings().name());
        } else {
            states.save(left);
        }
    }

    /// Which other device's set-up needs this step too.
    private Optional<String> holder(Step step, String name) throws IOException {
        if (!(step instanceof Step.SetSysctl)) {
            return Optional.empty();
        }
        return states.alive().stream().filter(s -> !s.settings().name().equals(name) && s.find(step.what()).isPresent())
                .map(s -> s.settings().name()).findFirst();
    }

    private void run(List<String> command, List<List<String>> commands) throws IOException {
        commands.add(command);
        ran.accept(command);
        if (dry) {
            return;
        }
        Machine.Result result = machine.run(command);
        if (!result.ok()) {
            throw new IOException("\"" + Names.line(command) + "\" failed: "
                    + (result.err().isBlank() ? "exit code " + result.exit() : result.err().replace("\n", "; "))
                    + hint(command, result));
        }
    }

    private static String hint(List<String> command, Machine.Result result) {
        if (result.err().contains("busy") && command.contains("tuntap")) {
            return " (a program has the device open: end it first)";
        }
        if (result.err().contains("Read-only file system")) {
            return " (in a container /proc/sys is often read-only: set this on the host or with docker run --sysctl)";
        }
        if (command.getFirst().equals("ip") && result.err().contains("/dev/net/tun")) {
            return " (modprobe tun, or in a container: docker run --device /dev/net/tun)";
        }
        return "";
    }

    private void mayChange(String verb) throws IOException {
        if (!dry && !machine.mayAdministerNetwork()) {
            throw new IOException("tun " + verb + " needs the capability CAP_NET_ADMIN: run it as root, or see with --dry-run "
                    + "what root would have to run");
        }
    }
}
