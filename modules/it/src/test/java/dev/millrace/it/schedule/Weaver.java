package dev.millrace.it.schedule;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.NewPrimitiveArrayInstruction;
import java.lang.classfile.instruction.NewReferenceArrayInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;

/// Where points go: around accesses of fields that can change, before atomic operations and those of concurrent collections,
/// in the place of locks, monitors and of whatever waits, and before allocations.
final class Weaver {
    private static final ClassDesc POINTS = ClassDesc.of(Points.class.getName());
    private static final ClassDesc OBJECT = ConstantDescs.CD_Object;
    private static final MethodTypeDesc NOTHING = MethodTypeDesc.of(ConstantDescs.CD_void);
    private static final MethodTypeDesc ON_OBJECT = MethodTypeDesc.of(ConstantDescs.CD_void, OBJECT);
    private static final MethodTypeDesc ON_INT = MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int);
    private static final MethodTypeDesc ON_STRING = MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_String);
    private static final String LOCK = "java/util/concurrent/locks/ReentrantLock";
    private static final String LATCH = "java/util/concurrent/CountDownLatch";
    private static final String SUPPORT = "java/util/concurrent/locks/LockSupport";

    /// What [Points] does in the place of the JDK, with its descriptor there. Names are the same but where that would be
    /// `processors` and `spin`.
    private static final Map<String, String> REPLACED = Map.ofEntries(
            Map.entry(LOCK + ".lock()V", "lock"), Map.entry(LOCK + ".unlock()V", "unlock"),
            Map.entry(LOCK + ".tryLock()Z", "tryLock"),
            Map.entry(LATCH + ".await()V", "await"), Map.entry(LATCH + ".countDown()V", "countDown"),
            Map.entry(SUPPORT + ".park(Ljava/lang/Object;)V", "park"),
            Map.entry(SUPPORT + ".parkNanos(Ljava/lang/Object;J)V", "parkNanos"),
            Map.entry(SUPPORT + ".unpark(Ljava/lang/Thread;)V", "unpark"),
            Map.entry("java/lang/Thread.join()V", "join"), Map.entry("java/lang/Thread.onSpinWait()V", "spin"),
            Map.entry("java/lang/Thread.yield()V", "spin"),
            Map.entry("java/lang/Runtime.availableProcessors()I", "processors"));

    /// What waits, and is in the list above or a schedule fails.
    private static final Set<String> WAITS = Set.of("await", "awaitNanos", "awaitUninterruptibly", "awaitUntil", "acquire",
            "acquireUninterruptibly", "take", "lockInterruptibly", "awaitTermination", "invokeAll", "invokeAny", "park",
            "parkNanos", "parkUntil", "join", "exchange", "transfer", "awaitAdvance", "arriveAndAwaitAdvance", "readLock",
            "writeLock");
    /// What takes memory in collections.
    private static final Set<String> GROWS = Set.of("add", "addAll", "addLast", "addFirst", "put", "putIfAbsent", "offer",
            "push", "computeIfAbsent", "copyOf", "of", "toList", "toArray");

    private Weaver() {
    }

    /// @param shell whether threads may change hands here; memory may be short anyway
    /// @param constructor what it writes nobody else can see yet
    /// @param within internal name of the class whose code it is
    /// @param isVariable by owner and name, whether a field can change
    static CodeTransform points(boolean shell, boolean constructor, String within,
            BiPredicate<String, String> isVariable) {
        return (b, e) -> {
            if (allocates(e)) {
                b.invokestatic(POINTS, "allocating", NOTHING);
            }
            if (shell && e instanceof InvokeInstruction i) {
                weaveCall(b, i, within);
                return;
            }
            if (shell && e instanceof MonitorInstruction m) {
                at(b, Changes.site(within, "monitor"),
                        () -> b.invokestatic(POINTS, m.opcode() == Opcode.MONITORENTER ? "enterMonitor" : "exitMonitor",
                                ON_OBJECT));
                return;
            }
            if (shell && !constructor && e instanceof FieldInstruction f && isShared(f, isVariable)) {
                b.invokestatic(POINTS, "here", NOTHING);
                at(b, Changes.site(f.owner().asInternalName(), f.name().stringValue()), () -> b.with(e));
                return;
            }
            b.with(e);
        };
    }

    private static boolean allocates(CodeElement e) {
        return switch (e) {
            case NewObjectInstruction _, NewPrimitiveArrayInstruction _, NewReferenceArrayInstruction _,
                    InvokeDynamicInstruction _ -> true;
            case InvokeInstruction i -> {
                String owner = i.owner().asInternalName();
                String name = i.name().stringValue();
                yield owner.startsWith("dev/millrace/wire/buffer/") && (name.equals("allocate") || name.equals("copyOf"))
                        || owner.equals("java/lang/ThreadLocal") && name.equals("get")
                        || owner.startsWith("java/lang/") && name.equals("valueOf")
                        || owner.startsWith("java/util/") && !owner.startsWith("java/util/function/") && GROWS.contains(name);
            }
            default -> false;
        };
    }

    private static boolean isShared(FieldInstruction f, BiPredicate<String, String> isVariable) {
        String owner = f.owner().asInternalName();
        return owner.startsWith("dev/millrace/") && isVariable.test(owner, f.name().stringValue());
    }

    /// Something that others may see, between the two places where another one may go on.
    private static void at(CodeBuilder b, int site, Runnable action) {
        b.loadConstant(site).invokestatic(POINTS, "before", ON_INT);
        action.run();
        b.loadConstant(site).invokestatic(POINTS, "after", ON_INT);
    }

    private static void weaveCall(CodeBuilder b, InvokeInstruction i, String within) {
        // These are ReentrantLocks; what they inherit is called by their own names.
        String called = i.owner().asInternalName();
        String owner = called.endsWith("/DirectionLock") || called.endsWith("/EngineLock") ? LOCK : called;
        String name = i.name().stringValue();
        String there = owner + "." + name + i.type().stringValue();
        String ours = i.opcode() == Opcode.INVOKESPECIAL ? null : REPLACED.get(there);
        if (ours != null) {
            MethodTypeDesc type = i.typeSymbol();
            at(b, Changes.site(within, name), () -> b.invokestatic(POINTS, ours, i.opcode() == Opcode.INVOKESTATIC ? type
                    : type.insertParameterTypes(0, ClassDesc.ofInternalName(owner))));
            return;
        }
        boolean concurrent = owner.startsWith("java/util/concurrent/");
        if (waits(owner, name, i.type().stringValue())) {
            b.ldc(there).invokestatic(POINTS, "unseen", ON_STRING);
        } else if ((concurrent || owner.endsWith("/VarHandle")) && !name.equals("<init>")) {
            b.invokestatic(POINTS, "here", NOTHING);
            at(b, Changes.site(within, name), () -> b.with(i));
            return;
        }
        b.with(i);
    }

    private static boolean waits(String owner, String name, String type) {
        boolean concurrent = owner.startsWith("java/util/concurrent/");
        return concurrent && (WAITS.contains(name) || name.equals("tryLock") && type.contains("J")
                || (name.equals("poll") || name.equals("offer") || name.equals("tryAcquire")) && type.contains("J")
                || name.equals("put") && owner.contains("Queue") || name.equals("get") && owner.contains("Future"))
                || owner.equals("java/lang/Thread") && (name.equals("join") || name.equals("sleep"))
                || name.equals("wait") && type.startsWith("(") && owner.equals("java/lang/Object");
    }

    /// The code of a class's initialization: nobody goes on meanwhile, and there is memory.
    static CodeTransform quiet() {
        return around(b -> b.invokestatic(POINTS, "beginQuiet", NOTHING), b -> b.invokestatic(POINTS, "endQuiet", NOTHING));
    }

    /// The code of a synchronized method that is synchronized no more.
    ///
    /// @param of the class, of a static method
    static CodeTransform monitored(ClassDesc of) {
        return around(b -> monitor(b, of, "enterMonitor"), b -> monitor(b, of, "exitMonitor"));
    }

    private static void monitor(CodeBuilder b, ClassDesc of, String what) {
        if (of == null) {
            b.aload(0);
        } else {
            b.ldc(of);
        }
        b.invokestatic(POINTS, what, ON_OBJECT);
    }

    private interface Part {
        void write(CodeBuilder b);
    }

    private static CodeTransform around(Part before, Part after) {
        return CodeTransform.ofStateful(() -> new CodeTransform() {
            private Label begin;

            @Override
            public void atStart(CodeBuilder b) {
                before.write(b);
                begin = b.newBoundLabel();
            }

            @Override
            public void accept(CodeBuilder b, CodeElement e) {
                if (e instanceof ReturnInstruction) {
                    after.write(b);
                }
                b.with(e);
            }

            @Override
            public void atEnd(CodeBuilder b) {
                Label end = b.newBoundLabel();
                Label caught = b.newBoundLabel();
                b.exceptionCatchAll(begin, end, caught);
                after.write(b);
                b.athrow();
            }
        });
    }
}
