package dev.millrace.it.schedule;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.AccessFlags;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.constant.ConstantDescs;
import java.lang.reflect.AccessFlag;
import java.net.URL;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/// Loads Millrace anew, with points for a [Schedule] woven into the shell of TCP, the stack, UDP and the virtual link: see
/// [Weaver] for where. Nothing in the classes themselves knows of it.
final class WovenLoader extends ClassLoader {
    /// What waits for real time or for threads of its own, and is not used where time is the schedule's; and counters, whose
    /// maps make them while holding something that other threads would wait for unseen.
    private static final Set<String> REAL = Set.of("RealSurroundings", "ManualSurroundings", "TimerWheel", "StackTimers",
            "SharedThreads", "Waker", "ExitHook", "CounterGroups");

    /// Of each class of Millrace, the fields that can change.
    private final Map<String, Set<String>> variables = new ConcurrentHashMap<>();

    WovenLoader(ClassLoader parent) {
        super("woven", parent);
    }

    /// Whether the class is loaded here and not by the parent: all of Millrace, its logging, the plug-ins of `examples`, and the
    /// scenarios that use it.
    private static boolean isOurs(String name) {
        // With a logging of its own, which can be told to be silent about what a schedule throws on purpose.
        return name.startsWith("org.slf4j.") || name.startsWith("example.") || name.startsWith("dev.millrace.") && !name.startsWith("dev.millrace.it.")
                || name.startsWith("dev.millrace.it.schedule.Woven") && !name.equals(WovenLoader.class.getName());
    }

    /// Whether points are woven in. The engine runs under its gate only, and wire has no threads of its own.
    private static boolean isShell(String name) {
        if (name.startsWith("dev.millrace.stack.")) {
            String simple = name.substring("dev.millrace.stack.".length()).replaceFirst("\\$.*", "");
            return !REAL.contains(simple) && !simple.startsWith("Configuration")
                    && (!simple.startsWith("Capture") || simple.equals("CaptureSession") || simple.equals("Captures"));
        }
        return name.startsWith("dev.millrace.tcp.") && !name.startsWith("dev.millrace.tcp.engine.")
                && !name.startsWith("dev.millrace.tcp.cc.")
                || name.startsWith("dev.millrace.udp.") || name.startsWith("dev.millrace.link.vnic.");
    }

    /// Whether memory may be short there, too, though nobody interrupts it.
    private static boolean takesMemory(String name) {
        return name.startsWith("dev.millrace.tcp.engine.") || name.startsWith("dev.millrace.ip.");
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!isOurs(name)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> c = findLoadedClass(name);
            return c != null ? c : define(name);
        }
    }

    /// One plug-in more: a congestion control that throws.
    @Override
    protected Enumeration<URL> findResources(String name) throws IOException {
        if (!name.equals("META-INF/services/dev.millrace.spi.CongestionControlFactory")) {
            return super.findResources(name);
        }
        return Collections.enumeration(List.of(WovenLoader.class.getResource("woven-control.services")));
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        byte[] bytes = read(name.replace('.', '/'));
        if (bytes == null) {
            throw new ClassNotFoundException(name);
        }
        if (isShell(name) || takesMemory(name)) {
            bytes = weave(bytes, isShell(name));
        }
        return defineClass(name, bytes, 0, bytes.length);
    }

    private byte[] read(String internalName) {
        try (InputStream in = getParent().getResourceAsStream(internalName + ".class")) {
            return in == null ? null : in.readAllBytes();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// Whether a field of Millrace's is not final.
    private boolean isVariable(String owner, String field) {
        return variables.computeIfAbsent(owner, this::variablesOf).contains(field);
    }

    private Set<String> variablesOf(String owner) {
        byte[] bytes = read(owner);
        return bytes == null ? Set.of() : ClassFile.of().parse(bytes).fields().stream()
                .filter(f -> !f.flags().has(AccessFlag.FINAL)).map(FieldModel::fieldName).map(Object::toString)
                .collect(Collectors.toSet());
    }

    private byte[] weave(byte[] bytes, boolean shell) {
        ClassFile tools = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(getParent())));
        ClassModel model = tools.parse(bytes);
        return tools.transformClass(model, (builder, element) -> weave(builder, element, model, shell));
    }

    private void weave(ClassBuilder builder, ClassElement element, ClassModel model, boolean shell) {
        if (!(element instanceof MethodModel method) || method.code().isEmpty()) {
            builder.with(element);
            return;
        }
        String name = method.methodName().stringValue();
        if (name.equals(ConstantDescs.CLASS_INIT_NAME)) {
            builder.transformMethod(method, MethodTransform.transformingCode(Weaver.quiet()));
            return;
        }
        CodeTransform points = Weaver.points(shell, name.equals(ConstantDescs.INIT_NAME),
                model.thisClass().asInternalName(), this::isVariable);
        if (!shell || !method.flags().has(AccessFlag.SYNCHRONIZED)) {
            builder.transformMethod(method, MethodTransform.transformingCode(points));
            return;
        }
        CodeTransform code = Weaver.monitored(
                method.flags().has(AccessFlag.STATIC) ? model.thisClass().asSymbol() : null).andThen(points);
        builder.withMethod(method.methodName(), method.methodType(),
                method.flags().flagsMask() & ~ClassFile.ACC_SYNCHRONIZED, m -> {
                    for (MethodElement e : method) {
                        if (e instanceof CodeModel body) {
                            m.transformCode(body, code);
                        } else if (!(e instanceof AccessFlags)) {
                            m.with(e);
                        }
                    }
                });
    }
}
