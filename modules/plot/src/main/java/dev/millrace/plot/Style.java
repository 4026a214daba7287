package dev.millrace.plot;

/// How pictures and pages look. The colours are Okabe's and Ito's, which the colour-blind can tell apart.
final class Style {
    static final String GRAPHS = """
            text{font-size:12px;fill:#222}.title{font-size:13px;font-weight:600}.note{font-weight:400;fill:#666;font-size:11px}
            .legend{font-size:11px}.tick{font-size:11px;fill:#444}.axis{font-size:11px;fill:#444}
            path{fill:none}.grid{stroke:#e4e4e4}.frame{stroke:#444}
            .data{stroke:#0072b2;stroke-width:1.5}.ack{stroke:#009e73;stroke-width:1.2}.window{stroke:#b8860b;stroke-width:1;stroke-dasharray:5 2}
            .sack{stroke:#cc79a7;stroke-width:2.5}.dup{stroke:#009e73}.again{stroke:#d55e00;stroke-width:2}
            .retransmission{fill:#d55e00}.lost{stroke:#000;stroke-width:1.6}.zero{stroke:#d55e00;stroke-width:1.5}
            .syn{fill:#56b4e9}.rst{fill:#000}.rtt{fill:#0072b2;fill-opacity:.55}.faint{stroke:#bbb}
            @media (prefers-color-scheme:dark){svg.themed text{fill:#ddd}svg.themed .grid{stroke:#3a3a3a}svg.themed .frame{stroke:#aaa}
            svg.themed .lost{stroke:#fff}svg.themed .rst{fill:#fff}svg.themed .data{stroke:#56b4e9}svg.themed .faint{stroke:#666}}
            """;

    static final String PAGE = """
            :root{color-scheme:light dark}body{font:14px/1.45 system-ui,sans-serif;margin:1.5em auto;max-width:1020px;padding:0 1em}
            h1{font-size:1.3em}h2{font-size:1.1em;margin-top:2em}h3{font-size:1em;margin-bottom:.2em}
            table{border-collapse:collapse;font-size:13px}th,td{padding:.2em .7em;text-align:right;border-bottom:1px solid #8884}
            th:nth-child(2),td:nth-child(2){text-align:left}svg{max-width:100%;height:auto}.wide{overflow-x:auto}
            .note{color:#777}
            """;

    private Style() {
    }
}
