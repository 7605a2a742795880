import { Center, Loader, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { type ComponentType, lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { createHashRouter, Navigate } from 'react-router';
import { RouterProvider } from 'react-router/dom';
import { queryClient } from '../api/queries.ts';
import { Broken } from './broken.tsx';
import { NotFound } from './not-found.tsx';
import { Shell } from './shell.tsx';
import { cssVariablesResolver, theme } from './theme.ts';

const FlowPage = lazy(() => import('../flow/flow-page.tsx'));
const AggregatesPage = lazy(() => import('../aggregate/aggregates-page.tsx'));
const AggregatePage = lazy(() => import('../aggregate/aggregate-page.tsx'));
const ParkedPage = lazy(() => import('../parked/parked-page.tsx'));
const SwitchesPage = lazy(() => import('../switches/switches-page.tsx'));
const LoadPage = lazy(() => import('../load/load-page.tsx'));
const FaultsPage = lazy(() => import('../faults/faults-page.tsx'));

function Loading() {
  const { t } = useTranslation();
  return (
    <Center h={240}>
      <Loader role="status" aria-label={t('loading')} />
    </Center>
  );
}

const page = (path: string, Page: ComponentType) => ({
  path,
  element: (
    <Suspense fallback={<Loading />}>
      <Page />
    </Suspense>
  ),
});

// The routes are in the hash of the URL, so that the server needs to serve only one page.
const router = createHashRouter([
  {
    element: <Shell />,
    errorElement: <Broken />,
    children: [
      { path: '/', element: <Navigate to="/flow" replace /> },
      page('/flow', FlowPage),
      page('/aggregates', AggregatesPage),
      page('/aggregates/:id', AggregatePage),
      page('/parked', ParkedPage),
      page('/switches', SwitchesPage),
      page('/load', LoadPage),
      page('/faults', FaultsPage),
      page('*', NotFound),
    ],
  },
]);

export const App = () => (
  <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} defaultColorScheme="auto">
    <QueryClientProvider client={queryClient}>
      <Notifications position="bottom-right" limit={3} />
      <RouterProvider router={router} />
    </QueryClientProvider>
  </MantineProvider>
);
