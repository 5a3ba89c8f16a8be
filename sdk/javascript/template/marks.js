// What the plugin says, as plain functions over plain data: its tests need no host.

const WORDS = ['TODO', 'FIXME'];

/** A file that holds a NUL is not text: it has no lines to quote. */
export function inText(path, text) {
  if (text.includes('\0')) return [];
  const lines = text.split('\n').map((line, index) => ({ path, line: index + 1, text: line.trim() }));
  return lines.filter((line) => WORDS.some((word) => line.text.includes(word)));
}

/** For whoever takes up the work: where the marks are. */
export function brief(marks) {
  if (marks.length === 0) return {};
  const body = marks.map((mark) => `- ${mark.path}:${mark.line}: ${mark.text}\n`).join('');
  return { sections: [{ title: 'Loose ends', body, importance: 40 }] };
}

/** For the record: how many there are, and each as a finding. */
export function checkpoint(marks) {
  const count = { name: 'loose_ends', value: marks.length, unit: 'count', better: 'down' };
  const finding = (mark) => ({ severity: 'info', message: mark.text, path: mark.path, line: mark.line });
  return { metrics: [count], findings: marks.map(finding) };
}
