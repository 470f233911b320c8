// Enrolment: five takes of the keyword, with what the speaker agreed to, while the run goes on.

const $ = id => document.getElementById(id);
const DEPTH = 60;
/** A level as people write it: with a minus sign. */
const written = level => level.toFixed(0).replace('-', '−');

/** Shows the dialogue where the program offers it; `post` sends a change. */
export function offer(post) {
  $('enrol').hidden = false;
  $('enrol').addEventListener('click', () => $('enrolment').showModal());
  $('enrolment').addEventListener('close', () => { if (running()) post('/enrol/end', {}); });
  $('enrol-form').addEventListener('submit', async submit => {
    submit.preventDefault();
    show('', '');
    const answer = await post('/enrol', { name: $('enrol-name').value, consent: $('enrol-consent').value });
    if (!answer.ok) show(await answer.text(), 'bad');
  });
  $('enrol-close').addEventListener('click', () => $('enrolment').close());
}

const running = () => $('enrolment').dataset.step === 'recording';

function show(text, kind) {
  $('enrol-prompt').textContent = text;
  $('enrol-prompt').className = kind;
}

/** The level of the newest sound, as a mean square root of samples. */
export function level(rms, clips) {
  if (!running()) return;
  const decibels = 20 * Math.log10(Math.max(1, rms) / 32768);
  $('enrol-level').value = Math.max(0, 1 + decibels / DEPTH);
  $('enrol-decibels').textContent = `${written(decibels)} dBFS${clips ? ', CLIPPED' : ''}`;
  $('enrol-decibels').classList.toggle('bad', clips);
}

/** Takes in how an enrolment stands. */
export function take(stands) {
  const recording = !['done', 'failed'].includes(stands.state);
  $('enrolment').dataset.step = recording ? 'recording' : 'form';
  $('enrol-form').hidden = recording;
  $('enrol-takes').hidden = $('enrol-meter').hidden = !recording;
  $('enrol-close').textContent = recording ? 'Stop, and keep nothing' : 'Close';
  [...$('enrol-takes').children].forEach((mark, index) => {
    mark.className = index < stands.good ? 'good' : index === stands.good && stands.state === 'say' ? 'now' : '';
  });
  const [text, kind] = prompt(stands);
  show(text, kind);
  $('enrol-next').hidden = stands.state !== 'done';
  $('enrol-next').textContent = stands.next ?? '';
}

function prompt(stands) {
  switch (stands.state) {
    case 'room': return ['Be quiet for a second.', ''];
    case 'loud': return [`The room is loud, ${written(stands.level)} dB: find a quieter place, or speak louder.`, 'bad'];
    case 'say': return [(stands.loud ? 'The room is loud: speak louder. ' : '') + `${stands.name}, say the word (${stands.good + 1} of ${stands.takes})`, 'now'];
    case 'good': return [`Good, ${written(stands.level)} dB.`, 'good'];
    case 'again': return [`Again, please: ${stands.why}`, 'bad'];
    case 'others': return [`Now ten seconds of other people: let them speak, or play the radio. ${stands.name} is silent.`, 'now'];
    case 'done': return [`Wrote ${stands.folder}${stands.others ? '' : ', without other people: nobody was to be heard'}. Now make the verifier:`, 'good'];
    default: return [stands.why, 'bad'];
  }
}
