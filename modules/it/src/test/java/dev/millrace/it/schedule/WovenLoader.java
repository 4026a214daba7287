package dev.millrace.it.schedule;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;

/// Loads Millrace anew, with points for a [Schedule] woven into the shell of TCP, the stack and UDP: before accesses of
/// fields of the shell, before atomic operations, around locks, and before allocations. Nothing in the classes themselves
/// knows of it.
final class WovenLoader extends ClassLoader {
    private static final ClassDesc POINTS = ClassDesc.of(Points.class.getName());
    /// Methods of collections that may take memory; so may boxing.
    private static final Set<String> GROWING = Set.of("add", "addAll", "put", "computeIfAbsent", "copyOf");
    private static final ClassDesc LOCK = ClassDesc.of("java.util.concurrent.locks.ReentrantLock");
    private static final MethodTypeDesc NOTHING = MethodTypeDesc.of(ConstantDescs.CD_void);
    private static final MethodTypeDesc ON_LOCK = MethodTypeDesc.of(ConstantDescs.CD_void, LOCK);
    private static final MethodTypeDesc TRY_LOCK = MethodTypeDesc.of(ConstantDescs.CD_boolean, LOCK);

    WovenLoader(ClassLoader parent) {
        super("woven", parent);
    }

    /// Whether the class is loaded here and not by the parent: all of Millrace, its logging, and the scenarios that use it.
    private static boolean isOurs(String name) {
        // With a logging of its own, which can be told to be silent about what a schedule throws on purpose.
        return name.startsWith("org.slf4j.") || name.startsWith("dev.millrace.") && !name.startsWith("dev.millrace.it.")
                || name.startsWith("dev.millrace.it.schedule.Woven") && !name.equals(WovenLoader.class.getName());
    }

    /// Whether points are woven in. The engine runs under its gate only, and wire has no threads of its own.
    private static boolean isShell(String name) {
        return name.startsWith("dev.millrace.tcp.") && !name.startsWith("dev.millrace.tcp.engine.")
                && !name.startsWith("dev.millrace.tcp.cc.")
                || name.startsWith("dev.millrace.stack.") && !name.contains(".Capture") && !name.contains("Configuration")
                || name.startsWith("dev.millrace.udp.");
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
        Path file = Files.createTempFile("woven", ".services");
        file.toFile().deleteOnExit();
        Files.writeString(file, "dev.millrace.it.schedule.WovenControl\n");
        return Collections.enumeration(List.of(file.toUri().toURL()));
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        byte[] bytes;
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            bytes = in.readAllBytes();
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
        if (isShell(name) || name.startsWith("dev.millrace.tcp.engine.")) {
            bytes = weave(bytes, isShell(name));
        }
        return defineClass(name, bytes, 0, bytes.length);
    }

    private byte[] weave(byte[] bytes, boolean shell) {
        ClassFile tools = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(
                java.lang.classfile.ClassHierarchyResolver.ofResourceParsing(getParent())));
        ClassModel model = tools.parse(bytes);
        CodeTransform code = (builder, element) -> weave(builder, element, shell);
        return tools.transformClass(model, ClassTransform.transformingMethodBodies(
                m -> !m.methodName().equalsString("<clinit>"), code));
    }

    private static void weave(CodeBuilder b, CodeElement e, boolean shell) {
        if (e instanceof NewObjectInstruction) {
            b.invokestatic(POINTS, "allocating", NOTHING);
        } else if (e instanceof InvokeInstruction i) {
            String owner = i.owner().asInternalName();
            String method = i.name().stringValue();
            if (method.equals("allocate") && owner.startsWith("dev/millrace/wire/buffer/")
                    || shell && owner.startsWith("java/util/") && GROWING.contains(method)
                    || shell && owner.startsWith("java/lang/") && method.equals("valueOf")) {
                b.invokestatic(POINTS, "allocating", NOTHING);
            }
            if (shell && weaveLock(b, i, owner, method)) {
                return;
            }
            if (shell && (owner.startsWith("java/util/concurrent/atomic/") || owner.endsWith("/VarHandle"))
                    && !method.equals("<init>")) {
                b.invokestatic(POINTS, "here", NOTHING);
            }
        } else if (shell && e instanceof FieldInstruction f && f.owner().asInternalName().startsWith("dev/millrace/")
                && (f.opcode() == Opcode.GETFIELD || f.opcode() == Opcode.PUTFIELD) && mayBeShared(f)) {
            b.invokestatic(POINTS, "here", NOTHING);
        }
        b.with(e);
    }

    /// Constructors write fields before the object is whole; there the verifier allows calls as well, since they take nothing
    /// of it.
    private static boolean mayBeShared(FieldInstruction f) {
        String name = f.name().stringValue();
        return !name.equals("protocol") && !name.equals("ctx") && !name.equals("lock") && !name.startsWith("this$");
    }

    private static boolean weaveLock(CodeBuilder b, InvokeInstruction i, String owner, String method) {
        boolean lock = owner.equals("java/util/concurrent/locks/ReentrantLock") || owner.endsWith("/DirectionLock");
        String type = i.type().stringValue();
        if (!lock || i.opcode() != Opcode.INVOKEVIRTUAL) {
            return false;
        }
        if (method.equals("lock") && type.equals("()V")) {
            b.invokestatic(POINTS, "lock", ON_LOCK);
            return true;
        }
        if (method.equals("unlock") && type.equals("()V")) {
            b.invokestatic(POINTS, "unlock", ON_LOCK);
            return true;
        }
        if (method.equals("tryLock") && type.equals("()Z")) {
            b.invokestatic(POINTS, "tryLock", TRY_LOCK);
            return true;
        }
        return false;
    }
}
