@inject('assets', App\View\Assets::class)
<!doctype html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>@yield('title') · {{ config('app.name') }}</title>
    {{ $assets->tags('resources/js/app.js') }}
</head>
<body>
    <header><img src="/logo.svg" alt="PrimeHub" width="120" height="40"></header>
    <main>@yield('content')</main>
</body>
</html>
