/** The frame around every page: theme, query cache, error boundary. */

import { createTheme, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ErrorBoundary } from "./error_boundary";

const theme = createTheme({
  primaryColor: "cyan",
  primaryShade: 9,
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Modal: {
      // Locking the scroll would inject a style element, which our content security policy forbids.
      defaultProps: { lockScroll: false, transitionProps: { duration: 0 }, centered: true },
    },
    Popover: { defaultProps: { transitionProps: { duration: 0 } } },
    Menu: {
      // In place, the menu belongs to the landmark of its button; the placeholder would break its list of items.
      defaultProps: {
        transitionProps: { duration: 0 },
        withinPortal: false,
        withInitialFocusPlaceholder: false,
      },
    },
    Button: { defaultProps: { loaderProps: { type: "dots" } } },
  },
});

const queries = new QueryClient({
  defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false, staleTime: 5_000 } },
});

/** Colours come from tokens.css, not from injected style elements: the policy can stay `style-src 'self'`. */
export function Provider({ children }: { children: ReactNode }): ReactNode {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queries}>
        <ErrorBoundary>{children}</ErrorBoundary>
      </QueryClientProvider>
    </MantineProvider>
  );
}

export function mount(page: ReactNode): void {
  const root = document.getElementById("root");
  if (!root) throw new Error("the page has no #root");
  createRoot(root).render(
    <StrictMode>
      <Provider>{page}</Provider>
    </StrictMode>,
  );
}
