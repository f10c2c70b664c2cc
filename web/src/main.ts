/** The app begins: preferences before the first picture, then words, then the page that was asked for. */
import './shared/styles/tokens.css'
import './shared/styles/base.css'

import { createApp } from 'vue'

import TheApp from './TheApp.vue'
import { router } from './router.ts'
import { applyPreferences } from './shared/preferences.ts'
import { registerShell } from './shared/shell.ts'
import { useWords } from './shared/words/index.ts'

applyPreferences()
await useWords.ready()
createApp(TheApp).use(router).mount('#app')
void registerShell()
