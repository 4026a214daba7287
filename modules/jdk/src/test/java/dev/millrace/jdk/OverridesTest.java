package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The sockets override whatever the JDK's classes do: what they left would act on a socket that there is none of.
class OverridesTest {
    @ParameterizedTest
    @ValueSource(classes = {StackSocket.class, ChannelSocket.class, LateSocket.class, StackServerSocket.class, LateServerSocket.class,
            StackDatagramSocket.class, LateDatagramSocket.class, StackMulticastSocket.class})
    void everyMethodIsOverridden(Class<?> ours) {
        assertEquals(List.of(), Arrays.stream(ours.getMethods()).filter(m -> m.getDeclaringClass().getPackageName().equals("java.net")
                && !Modifier.isStatic(m.getModifiers())).map(Method::toString).toList());
    }
}
