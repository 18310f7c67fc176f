import '../css/app.css';
import { berth } from './berth.js';
import { greeting } from './greeting.js';

const show = (id, text) => {
  const place = document.getElementById(id);
  if (place) place.textContent = text;
};

show('greeting', greeting());
show('berth', berth());

if (import.meta.hot) {
  import.meta.hot.accept('./greeting.js', (next) => next && show('greeting', next.greeting()));
  import.meta.hot.accept('./berth.js', (next) => next && show('berth', next.berth()));
}
