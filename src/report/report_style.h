// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace assay {

/// The page's style: system fonts, light and dark, A4.  Contrast of text is at least 4.5 to 1
/// (WCAG 2.2, 1.4.3) in all three.
inline constexpr char kReportStyle[] = R"css(
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--paper:#fff;--wash:#f5f6f7;--line:#d5d9de;
--ok:#116329;--fail:#b3121d;--warn:#8a4b00;--else:#0b5394;--failwash:#fdf0f0}
@media (prefers-color-scheme:dark){:root{--ink:#e4e7ea;--soft:#9aa4ae;--paper:#14171a;--wash:#1d2125;
--line:#363c43;--ok:#5fca7c;--fail:#ff8a84;--warn:#e6b065;--else:#7fb8f5;--failwash:#2d1a1b}}
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",
Roboto,"Liberation Sans",Arial,sans-serif;-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{max-width:64rem;margin:0 auto;padding:2rem 1.25rem 4rem}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;
font-size:.86em;overflow-wrap:anywhere}
p,li,dd,td,th{overflow-wrap:anywhere}
h1,h2,h3,p,ul,ol,dl,table,pre{margin:0}
h1{font-size:1.85rem;line-height:1.2;font-weight:650;letter-spacing:-.01em}
h2{font-size:1.25rem;line-height:1.3;font-weight:650;margin:2.6rem 0 .7rem;
padding-top:.7rem;border-top:2px solid var(--ink)}
h3{font-size:1rem;font-weight:650;margin:1.2rem 0 .4rem}
.kicker{color:var(--soft);margin-bottom:.4rem}
.decision{padding-left:1rem;border-left:.4rem solid var(--ok);margin-bottom:1.4rem}
.decision.rejected{border-left-style:double;border-left-color:var(--fail)}
.decision h1 .shape{width:.85em;height:.85em;vertical-align:-.06em}
.decision p{max-width:46rem;margin-top:.5rem;font-size:1.07rem}
.decision p.counts{font-size:.93rem;margin-top:.4rem}
nav ul{list-style:none;padding:0;margin-top:1.1rem;display:flex;flex-wrap:wrap;gap:.15rem 1.2rem}
a{color:var(--else);text-underline-offset:.15em}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.32rem .8rem .32rem 0;font-weight:400}
td:last-child,th:last-child{padding-right:0}
tr{border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-size:.8rem;padding-bottom:.2rem;white-space:nowrap}
.facts th{width:12.5rem;color:var(--soft)}
td ul,td ol{padding-left:1.15rem}
td ul{list-style:none;padding-left:0}
.id{color:var(--soft);font-size:.78rem;line-height:1.4}
.checks .id,.boot .id{display:block}
li>.id{display:block}
.aside,.note,.counts{color:var(--soft)}
.note{margin:.2rem 0 .6rem;max-width:46rem}
.block{display:block;white-space:pre-wrap;background:var(--wash);padding:.45rem .6rem}
pre.block{font-size:.86rem}
.warning{border-left:.4rem double var(--fail);padding:.1rem 0 .1rem .8rem;margin:.6rem 0;
max-width:46rem}
.unmeasured{font-style:italic;color:var(--soft);text-decoration:underline dotted;
text-underline-offset:.2em}
.shapes{position:absolute}
.shape{width:.82em;height:.82em;vertical-align:-.05em;flex:none}
.mark-ok{color:var(--ok)}.mark-fail{color:var(--fail);font-weight:700}
.mark-unasked{color:var(--warn);font-weight:600}.mark-absent{color:var(--soft)}
.mark-elsewhere{color:var(--else)}
td>[class^=mark-],.legend th>[class^=mark-]{white-space:nowrap}
.number{text-align:right;font-variant-numeric:tabular-nums;width:2.6rem;color:var(--soft)}
.register{width:4.6rem;white-space:nowrap;font-variant-numeric:tabular-nums}
.checks{table-layout:fixed}
.checks .mark,.checks thead th:first-child{width:6.6rem}
.checks .got,.checks thead th:last-child{width:40%}
.boot .trust{width:11.5rem}
.legend{margin:.4rem 0 .9rem;max-width:46rem;font-size:.93rem}
.legend th:first-child{width:12rem}.legend th:nth-child(2){width:4rem;text-align:right}
tr.fail{background:var(--failwash)}
tr.anchor th{padding:1rem 0 .3rem;font-weight:650;border-bottom:1.5px solid var(--ink)}
details{margin-top:.9rem}
summary{cursor:pointer;break-after:avoid}
summary h3{display:inline;margin:0}
summary .counts{font-size:.86rem;margin-left:.5rem}
summary+table{margin-top:.3rem}
.refusals{list-style:none;padding:0}
.refusals li{border-left:.4rem double var(--fail);padding:.1rem 0 .1rem .8rem;margin:.7rem 0}
.findings div{display:grid;grid-template-columns:6.2rem 1fr;gap:.6rem}
.findings dt{color:var(--soft)}.findings dd{margin:0}
td .findings div{grid-template-columns:5.2rem 1fr}
.unverified{padding-left:1.15rem;max-width:50rem}.unverified li{margin:.4rem 0}
footer{margin-top:2.6rem;padding-top:.6rem;border-top:1px solid var(--line);color:var(--soft);
font-size:.86rem}
@media screen and (max-width:44rem){
body{padding:1.1rem .9rem 3rem}
h1{font-size:1.5rem}
.facts tr,.checks tr,.boot tr,.legend tr{display:block;padding:.4rem 0}
.facts td,.facts th,.checks td,.checks th,.boot td,.boot th,.legend td,.legend th
{display:block;width:auto!important;padding:0;text-align:left}
.checks thead,.boot thead,.legend thead{position:absolute;clip-path:inset(50%);height:1px;width:1px;
overflow:hidden;white-space:nowrap}
.boot tr:not(.anchor){display:grid;grid-template-columns:2.2rem 4rem 1fr}
.boot tr:not(.anchor) .trust{grid-column:3;grid-row:1;font-size:.9rem}
.boot tr:not(.anchor) th{grid-column:1/-1}
tr.anchor{padding-bottom:0!important}
tr.anchor th{padding:.8rem 0 .25rem}
.legend .number{display:none}
.findings div{grid-template-columns:1fr;gap:0}}
@page{size:A4;margin:16mm 15mm}
@media print{
:root{--ink:#000;--soft:#444;--paper:#fff;--wash:#f3f3f3;--line:#bbb;--ok:#0b4f1f;--fail:#97000b;
--warn:#6d3a00;--else:#083d6e;--failwash:#fff}
html{font-size:9pt}
body{max-width:none;padding:0}
nav{display:none}details::details-content{content-visibility:visible;block-size:auto}
h2{break-after:avoid;margin-top:1.8rem}h3,thead{break-after:avoid}
tr,li,.warning,.decision{break-inside:avoid}
tr.anchor,p.note{break-after:avoid}
thead{display:table-header-group}
.facts tr{break-inside:auto}
a{color:inherit;text-decoration:none}
p{orphans:3;widows:3}}
)css";

}  // namespace assay
