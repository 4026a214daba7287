package example.hello;

import java.util.Map;

/// Who is on the Ethernets of this stack: `stack.service(Hello.class)`.
public interface Hello {
    /// Says hello on each of the stack's Ethernets; who hears it and runs this protocol says hello in turn.
    void greet();

    /// The names of the stations that were heard, by their MAC addresses.
    Map<Long, String> heard();
}
