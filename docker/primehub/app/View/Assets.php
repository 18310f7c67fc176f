<?php

namespace App\View;

use Illuminate\Support\HtmlString;

/** The tags of an entry point: from Vite's server in development, the built and hashed files in production. */
class Assets
{
    public function tags(string $entry): HtmlString
    {
        return new HtmlString(implode("\n", app()->environment('production') ? $this->built($entry) : [
            $this->script('/@vite/client'),
            $this->script("/{$entry}"),
        ]));
    }

    /** @return string[] */
    private function built(string $entry): array
    {
        $manifest = json_decode(file_get_contents(public_path('build/manifest.json')), true, 512, JSON_THROW_ON_ERROR);
        $styles = array_map(static fn (string $file) => '<link rel="stylesheet" href="/build/'.e($file).'">', $manifest[$entry]['css'] ?? []);

        return [...$styles, $this->script("/build/{$manifest[$entry]['file']}")];
    }

    private function script(string $source): string
    {
        return '<script type="module" src="'.e($source).'"></script>';
    }
}
