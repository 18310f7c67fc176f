<?php

// Prints where each class of the application lies, for bootstrap/autoload.php: no look at the disk per class.
$map = [];
foreach (['App\\' => 'app', 'Database\\Seeders\\' => 'database/seeders'] as $prefix => $directory) {
    foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($directory, FilesystemIterator::SKIP_DOTS)) as $file) {
        if ($file->getExtension() === 'php') {
            $name = substr($file->getPathname(), strlen($directory) + 1, -strlen('.php'));
            $map[$prefix.strtr($name, '/', '\\')] = $file->getPathname();
        }
    }
}
ksort($map);
echo '<?php return '.var_export($map, true).";\n";
