import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import { createRoot } from 'react-dom/client';
import { AGGREGATE } from '../../../words.ts';
import { about, queryClient } from './api/queries.ts';
import { live } from './live/use-live.ts';
import { App } from './shell/app.tsx';
import { setAggregateName } from './words/language.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
// If this request fails, the page shows the error.
await queryClient.prefetchQuery(about);
setAggregateName(queryClient.getQueryData(about.queryKey)?.aggregate ?? AGGREGATE);
createRoot(root).render(<App />);
live.open();
