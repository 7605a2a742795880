import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './words/language.ts';
import { createRoot } from 'react-dom/client';
import { live } from './live/use-live.ts';
import { App } from './shell/app.tsx';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(<App />);
live.open();
