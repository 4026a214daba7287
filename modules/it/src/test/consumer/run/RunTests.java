import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/// Runs a class of tests and says how many passed.
public class RunTests {
    public static void main(String[] args) throws Exception {
        var listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectClass(Class.forName(args[0]))).build(), listener);
        listener.getSummary().getFailures().forEach(f -> f.getException().printStackTrace(System.out));
        System.out.println(listener.getSummary().getTestsSucceededCount() + " passed, "
                + listener.getSummary().getTestsFailedCount() + " failed");
    }
}
