import '../css/app.css';
import { greeting } from './greeting.js';

const show = (text) => {
  const place = document.querySelector('#greeting');
  if (place) place.textContent = text;
};

show(greeting());

if (import.meta.hot) {
  import.meta.hot.accept('./greeting.js', (next) => next && show(next.greeting()));
}
