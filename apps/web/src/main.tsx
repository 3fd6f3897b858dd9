import '#src/styles.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { HouseApp } from '#src/house-app.tsx';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element #root');
createRoot(root).render(
  <StrictMode>
    <HouseApp />
  </StrictMode>,
);
