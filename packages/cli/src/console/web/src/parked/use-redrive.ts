import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { RedriveProgress, RedriveRequest } from '../../../api.ts';
import { sendAndStream } from '../api/client.ts';

/** A redrive and its progress. The redrive continues on the server even if the page is closed. */
export function useRedrive() {
  const client = useQueryClient();
  const [progress, setProgress] = useState<RedriveProgress>();
  const { mutate, error, isPending } = useMutation({
    mutationFn: (request: RedriveRequest) => sendAndStream<RedriveProgress>('/parked/redrive', request, setProgress),
    onSettled: () => client.invalidateQueries({ queryKey: ['parked'] }),
  });
  return { progress, error, isPending, begin: mutate };
}
