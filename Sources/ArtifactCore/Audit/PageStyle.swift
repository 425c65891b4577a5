/// How an audit page looks: on a wide screen and a narrow one, in light and dark, and on paper.
enum PageStyle {
  /// A colour for light surroundings and one for dark ones.
  struct Colour {
    let name: String
    let light: String
    let dark: String
  }

  static let colours = [
    Colour(name: "page", light: "#ffffff", dark: "#15181b"), Colour(name: "soft", light: "#f3f5f7", dark: "#20252a"),
    Colour(name: "text", light: "#1b1e21", dark: "#e9ecef"), Colour(name: "faint", light: "#555c63", dark: "#a9b1b9"),
    Colour(name: "line", light: "#c9ced3", dark: "#434a51"), Colour(name: "mark", light: "#0b5a8a", dark: "#8cc7f0"),
    Colour(name: "red", light: "#a8201a", dark: "#ff9a92"), Colour(name: "redsoft", light: "#fdecea", dark: "#3a1d1c"),
    Colour(name: "green", light: "#1a6436", dark: "#84d8a2"),
    Colour(name: "greensoft", light: "#e6f4ea", dark: "#17301f"),
    Colour(name: "amber", light: "#734700", dark: "#f0c36d"),
    Colour(name: "ambersoft", light: "#fdf3dc", dark: "#352a12"),
  ]

  /// Text and what it stands on, wherever the page puts one on the other.
  static let pairs = [
    ("text", "page"), ("text", "soft"), ("text", "redsoft"), ("text", "greensoft"), ("text", "ambersoft"),
    ("faint", "page"), ("faint", "soft"), ("faint", "redsoft"), ("mark", "page"), ("mark", "soft"), ("red", "page"),
    ("red", "redsoft"), ("green", "page"), ("green", "greensoft"), ("amber", "page"), ("amber", "ambersoft"),
  ]

  private static func variables(_ pick: (Colour) -> String) -> String {
    ":root{" + colours.map { "--\($0.name):\(pick($0))" }.joined(separator: ";") + "}"
  }

  /// The style sheet.
  static let css =
    variables(\.light) + "\n@media (prefers-color-scheme:dark){" + variables(\.dark) + "}\n@media print{"
    + variables(\.light) + "}\n" + rules

  private static let rules = """
    *{box-sizing:border-box}
    html{color-scheme:light dark;background:var(--page);-webkit-text-size-adjust:100%}
    body{margin:0 auto;padding:24px 32px 48px;max-width:1120px;background:var(--page);color:var(--text);
    font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
    h1{font-size:1.75rem;line-height:1.25;margin:0 0 4px}
    h2{font-size:1.3rem;line-height:1.3;margin:40px 0 8px;padding-top:12px;border-top:2px solid var(--line)}
    h3{font-size:1.05rem;margin:24px 0 6px}
    h1,h2,h3{overflow-wrap:anywhere}
    p{margin:6px 0 10px;max-width:75ch}
    .faint{color:var(--faint)}
    code,pre{font:0.875em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
    .id,p code{overflow-wrap:anywhere}
    pre{background:var(--soft);padding:12px 16px;border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere}
    .banner{padding:12px 16px;border-radius:6px;border-left:6px solid;margin:16px 0}
    .banner p{margin:0}
    .banner.good{background:var(--greensoft);border-color:var(--green)}
    .banner.bad{background:var(--redsoft);border-color:var(--red)}
    .banner.note{background:var(--ambersoft);border-color:var(--amber)}
    .word{font-weight:700;white-space:nowrap}
    .word.good{color:var(--green)}
    .word.bad{color:var(--red)}
    .word.note{color:var(--amber)}
    nav ul{list-style:none;margin:8px 0;padding:0;display:flex;flex-wrap:wrap;gap:4px 18px}
    a{color:var(--mark)}
    a:focus-visible,.scroll:focus-visible{outline:3px solid var(--mark);outline-offset:2px}
    dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:8px 0}
    dt{color:var(--faint)}
    dd{margin:0;overflow-wrap:anywhere}
    table{width:100%;border-collapse:collapse;margin:8px 0 16px;font-size:0.925rem}
    caption{text-align:left;color:var(--faint);padding:4px 0}
    th,td{text-align:left;vertical-align:top;padding:6px 14px 6px 0;border-bottom:1px solid var(--line);
    overflow-wrap:break-word}
    tbody th{font-weight:600}
    thead th{color:var(--faint);font-weight:600;border-bottom:2px solid var(--line)}
    .short{white-space:nowrap}
    .time{white-space:nowrap}
    tr.red th,tr.red td{background:var(--redsoft)}
    tr.red th:first-child{border-left:4px solid var(--red);padding-left:8px}
    .scroll{overflow:auto;max-height:80vh;border:1px solid var(--line);border-radius:6px;background:var(--soft);
    padding:8px;margin:8px 0}
    svg.lineage{display:block}
    .node rect{fill:var(--page);stroke:var(--faint)}
    .node.focus rect{stroke:var(--mark);stroke-width:3}
    .node.lost rect{stroke:var(--red);stroke-dasharray:5 3}
    .node text{font:12px system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;fill:var(--text)}
    .node .name{font-weight:600}
    .node .kind{fill:var(--faint)}
    .node.lost .kind{fill:var(--red)}
    .edge{fill:none;stroke:var(--faint);stroke-width:1.25}
    .tip{fill:var(--faint)}
    footer{margin-top:48px;padding-top:12px;border-top:1px solid var(--line);color:var(--faint);font-size:0.9rem}
    @media screen and (max-width:760px){
    body{padding:16px 14px 32px}
    h1{font-size:1.45rem}
    dl{grid-template-columns:1fr;gap:0}
    dd{margin-bottom:8px}
    table,caption,tbody,tr,th,td{display:block}
    thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
    tr{border-bottom:1px solid var(--line);padding:8px 0}
    th,td{border:0;padding:2px 0}
    td{display:grid;grid-template-columns:8.5rem minmax(0,1fr);gap:8px}
    td.none{display:none}
    td::before{content:attr(data-label);color:var(--faint)}
    tr.red{background:var(--redsoft);border-left:4px solid var(--red);padding-left:8px}
    tr.red th:first-child{border-left:0;padding-left:0}
    }
    @media print{
    @page{margin:16mm 14mm}
    html{color-scheme:light}
    body{padding:0;max-width:none;font-size:10pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
    h2{margin-top:20pt}
    h1,h2,h3,caption{break-after:avoid}
    tr,.banner{break-inside:avoid}
    thead{display:table-header-group}
    table{font-size:8.5pt}
    nav{display:none}
    .scroll{overflow:visible;max-height:none;border:0;padding:0;background:none}
    svg.lineage{max-width:100%;height:auto}
    a{color:inherit;text-decoration:none}
    }
    """
}
