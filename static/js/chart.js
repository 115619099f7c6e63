// One tooltip to each chart.
const rect = el => el.getBoundingClientRect();
const on = (el, type, act) => el.addEventListener(type, act);
for (const svg of document.querySelectorAll('svg.chart')) {
  const at = m => parseFloat(m.getAttribute('cx') || m.getAttribute('d').slice(1));
  const marks = [...svg.querySelectorAll(':has(> title)')].sort((a, b) => at(a) - at(b));
  if (!marks.length) continue;
  const box = svg.parentNode, tip = box.appendChild(document.createElement('div'));
  let shown, stop = marks[0];
  svg.role = 'group';
  Object.assign(tip, {className: 'chart-tip', ariaHidden: true, hidden: true});
  marks.forEach((m, i) => Object.assign(m, {role: 'img', ariaLabel: m.textContent, textContent: '', tabIndex: i ? -1 : 0}));
  const show = m => {
    shown?.classList.remove('on');
    shown = m;
    if (tip.hidden = !m) return;
    m.classList.add('on');
    tip.textContent = m.ariaLabel;
    const r = rect(m), b = rect(box), w = tip.offsetWidth, y = r.y - b.y - tip.offsetHeight - 6;
    tip.style.left = Math.max(0, Math.min(r.x + (r.width - w) / 2 - b.x, b.width - w)) + 'px';
    tip.style.top = (y < 0 ? r.bottom - b.y + 6 : y) + 'px';
  };
  // Height counts a quarter.
  const far = (m, e, r = rect(m)) => Math.hypot(r.x + r.width / 2 - e.x, (r.y + r.height / 2 - e.y) / 4);
  const near = e => show(marks.reduce((a, b) => far(b, e) < far(a, e) ? b : a));
  on(box, 'pointermove', near);
  on(box, 'pointerleave', e => e.pointerType == 'mouse' && show());
  // Listening on the svg would make it a tab stop in Chromium.
  on(box, 'focusin', e => {
    stop.tabIndex = -1;
    show(stop = e.target);
    stop.tabIndex = 0;
  });
  on(box, 'focusout', () => show());
  on(box, 'keydown', e => {
    const i = marks.indexOf(stop);
    const next = marks[{ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: marks.length - 1}[e.key]];
    if (next) e.preventDefault(), next.focus();
  });
  on(document, 'keydown', e => e.key == 'Escape' && show());
  on(document, 'pointerdown', e => box.contains(e.target) ? near(e) : show());
}
