import { type CSSVariablesResolver, createTheme } from '@mantine/core';

/** The page's theme. This and `cssVariablesResolver` raise the contrast of Mantine's colors to WCAG's 4.5:1. */
export const theme = createTheme({
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  respectReducedMotion: true,
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans SC", "PingFang SC", sans-serif',
  components: {
    Modal: { styles: { title: { fontWeight: 650 } } },
    Drawer: { styles: { title: { fontWeight: 650, overflowWrap: 'anywhere' } } },
    // The lists are short and need no scroll area, which a keyboard could not scroll.
    Select: { defaultProps: { withScrollArea: false, maxDropdownHeight: 440 } },
    Autocomplete: { defaultProps: { withScrollArea: false, maxDropdownHeight: 440 } },
  },
  headings: { fontWeight: '650' },
});

export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': 'var(--mantine-color-gray-7)',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-7)',
    '--mantine-color-error': 'var(--mantine-color-red-9)',
    '--mantine-color-anchor': 'var(--mantine-color-blue-9)',
    '--mantine-color-orange-light-color': '#933106',
    '--mantine-color-teal-light-color': '#066345',
  },
  dark: {
    '--mantine-color-dimmed': 'var(--mantine-color-dark-1)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-1)',
    '--mantine-color-error': 'var(--mantine-color-red-4)',
    '--mantine-color-anchor': 'var(--mantine-color-blue-3)',
  },
});
